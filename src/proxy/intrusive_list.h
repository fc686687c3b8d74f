// Doubly linked lists whose links lie in the elements: a connection is put in and taken out
// without memory and leaves by itself when it is destroyed. One thread.
#pragma once

namespace livefix::proxy {

// An element derives from one hook for each list it can be in; `Tag` tells them apart.
template <class Tag>
class ListHook {
 public:
  ListHook() = default;
  ~ListHook() { unlink(); }
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }

 private:
  template <class T, class OfTag>
  friend class IntrusiveList;

  void insert_before(ListHook& place) {
    previous_ = place.previous_;
    next_ = &place;
    previous_->next_ = this;
    place.previous_ = this;
  }

  ListHook* previous_ = nullptr;
  ListHook* next_ = nullptr;
};

template <class T, class Tag>
class IntrusiveList {
 public:
  using Hook = ListHook<Tag>;

  IntrusiveList() { end_.previous_ = end_.next_ = &end_; }
  ~IntrusiveList() {
    while (!empty()) end_.next_->unlink();  // T may be incomplete here
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return end_.next_ == &end_; }
  // nullptr when empty.
  T* front() const { return element(end_.next_); }
  T* back() const { return element(end_.previous_); }
  // The one behind, nullptr for the last.
  T* after(T& value) const { return element(static_cast<Hook&>(value).next_); }
  // The one before, nullptr for the first.
  T* before(T& value) const { return element(static_cast<Hook&>(value).previous_); }

  void push_front(T& value) { insert(value, *end_.next_); }
  void push_back(T& value) { insert(value, end_); }
  void insert_after(T& value, T& place) { insert(value, *static_cast<Hook&>(place).next_); }
  void take_all(IntrusiveList& from) {
    while (T* value = from.front()) {
      value->Hook::unlink();
      push_back(*value);
    }
  }
  // Each element once, in order; `visit` may take any of them off, this one included.
  template <class Visit>
  void visit_each(Visit&& visit) {
    IntrusiveList now;
    now.take_all(*this);
    while (T* value = now.front()) {
      push_back(*value);
      visit(*value);
    }
  }
  // Takes each off and gives it to `visit`. What is put in meanwhile waits for the next time.
  template <class Visit>
  void take_each(Visit&& visit) {
    IntrusiveList now;
    now.take_all(*this);
    while (T* value = now.front()) {
      value->Hook::unlink();
      visit(*value);
    }
  }

 private:
  T* element(Hook* hook) const { return hook == &end_ ? nullptr : static_cast<T*>(hook); }
  static void insert(T& value, Hook& place) {
    Hook& hook = value;
    hook.unlink();
    hook.insert_before(place);
  }

  mutable Hook end_;
};

}  // namespace livefix::proxy
